import '@testing-library/jest-dom/vitest';
import { cleanup, configure } from '@testing-library/svelte';
import { afterEach } from 'vitest';
import { Observed } from './observed';

configure({ asyncUtilTimeout: 20_000 });
afterEach(cleanup);

Object.defineProperty(window, 'ResizeObserver', { value: Observed });

// jsdom has no layout, so no media query: windows are as narrow as they open.
Object.defineProperty(window, 'matchMedia', { value: (media: string) => ({ media, matches: false }) });
