import { openWindow } from '../lib/open';
import Main from './Main.svelte';

void openWindow(Main, {});
