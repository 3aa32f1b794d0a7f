import { openWindow } from '../lib/open';
import Ring from './Ring.svelte';

void openWindow(Ring, {});
