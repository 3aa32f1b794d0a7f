import { openWindow } from '../lib/open';
import Call from './Call.svelte';

void openWindow(Call);
