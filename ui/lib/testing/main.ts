import { render, screen, within } from '@testing-library/svelte';
import Main from '../../main/Main.svelte';
import type { FakeBackend } from '../ipc/fake';

/** Opens the main window on a made-up core. */
export async function openMain(backend: FakeBackend) {
  const view = render(Main, { backend });
  await screen.findByRole('main');
  return view;
}

/** The row of a list in which `name` stands. */
export async function row(name: string) {
  const item = (await screen.findByText(name)).closest('li');
  if (!item) throw new Error(`${name} is not in a list`);
  return within(item);
}
