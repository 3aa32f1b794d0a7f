import { mount, type Component } from 'svelte';
import type { Backend } from './ipc/backend';
import { language, t } from './locales';
import './styles/base.css';

/** Mounts a window. Outside Tauri (screenshots, a plain browser in development) the core is a made-up one. */
export async function openWindow<Props extends Record<string, unknown>>(
  component: Component<{ backend: Backend } & Props>,
  props: Props,
): Promise<void> {
  document.documentElement.lang = language;
  document.title = t('app.name');
  const target = document.getElementById('window');
  if (!target) return;
  const backend =
    import.meta.env.MODE === 'production'
      ? (await import('./ipc/tauri')).tauriBackend
      : (await import('./ipc/scenarios')).backendOf(location.hash.slice(1));
  mount(component, { target, props: { backend, ...props } });
}
