import { mount } from 'svelte';
import Call from './Call.svelte';

const target = document.getElementById('window');
if (target) mount(Call, { target });
