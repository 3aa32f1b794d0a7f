import { mount } from 'svelte';
import Main from './Main.svelte';

const target = document.getElementById('window');
if (target) mount(Main, { target });
