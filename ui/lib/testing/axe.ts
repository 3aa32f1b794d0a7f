import axe from 'axe-core';

/** What a screen reader's user would stumble over in `element`; contrast needs a real renderer and is left out. */
export async function violations(element: Element): Promise<string[]> {
  const { violations: found } = await axe.run(element, { rules: { 'color-contrast': { enabled: false } } });
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
}
