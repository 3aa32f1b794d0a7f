/** What the test camera shows below its mark: calm enough for a screenshot, moving enough to see that it lives. */

type Brush = OffscreenCanvasRenderingContext2D;

/** A lit wall. */
export function drawBackground(brush: Brush, width: number, height: number): void {
  const light = brush.createRadialGradient(width * 0.6, height * 0.35, 20, width * 0.5, height * 0.5, width * 0.75);
  light.addColorStop(0, '#5d736a');
  light.addColorStop(1, '#1c2623');
  brush.fillStyle = light;
  brush.fillRect(0, 0, width, height);
}

/** A person made of two shapes who sways, and a name. */
export function drawMoving(brush: Brush, login: string, ms: number, width: number, height: number): void {
  const x = width / 2 + Math.sin(ms / 700) * width * 0.08;
  const hue = (Array.from(login).reduce((sum, character) => sum + (character.codePointAt(0) ?? 0) * 37, 0) * 7) % 360;
  brush.fillStyle = `hsl(${hue} 32% 42%)`;
  brush.beginPath();
  brush.roundRect(x - width * 0.15, height * 0.62, width * 0.3, height * 0.5, 40);
  brush.fill();
  brush.fillStyle = '#c99f82';
  brush.beginPath();
  brush.ellipse(x, height * 0.47, width * 0.09, height * 0.155, 0, 0, Math.PI * 2);
  brush.fill();
  brush.fillStyle = '#ffffffcc';
  brush.font = '600 20px sans-serif';
  brush.textAlign = 'center';
  brush.fillText(login.slice(0, 24), x, height * 0.82);
}
