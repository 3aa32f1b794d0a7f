import { mount } from 'svelte';
import Ring from './Ring.svelte';

const target = document.getElementById('window');
if (target) mount(Ring, { target });
