/** A frame's own statement: who drew it, which one it is, when. */
export interface Mark {
  login: string;
  /** Rises by one with every frame, wraps at 2^32. */
  counter: number;
  /** Low 32 bits of the sender's wall clock in milliseconds when it was drawn. */
  time: number;
}

/** Cells across the picture: at 640 pixels one is a VP8 macroblock of 16, which encodes as a flat block. */
export const COLUMNS = 40;
/** Rows that the longest login needs. */
export const MAX_ROWS = 16;

/** Says that a mark begins; no flat or striped picture reads so. */
const MAGIC = 0xa53c;
/** Longest login of the hub's contract. */
const MAX_LOGIN = 64;

/** CRC-32 as in IEEE 802.3, bit by bit: marks are short. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** The bytes that are painted: magic, length, login, counter, time, checksum. Characters outside ASCII become `?`. */
export function encodeMark(mark: Mark): Uint8Array {
  const login = Array.from(mark.login.slice(0, MAX_LOGIN), (character) => {
    const code = character.charCodeAt(0);
    return code < 0x80 ? code : 0x3f;
  });
  const bytes = new Uint8Array(3 + login.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, MAGIC);
  view.setUint8(2, login.length);
  bytes.set(login, 3);
  view.setUint32(3 + login.length, mark.counter >>> 0);
  view.setUint32(7 + login.length, mark.time >>> 0);
  view.setUint32(11 + login.length, crc32(bytes.subarray(0, 11 + login.length)));
  return bytes;
}

/** The rows a mark takes. */
export function rowsOf(bytes: Uint8Array): number {
  return Math.ceil((bytes.length * 8) / COLUMNS);
}

/** Paints a mark over the top of a picture `width` pixels wide: white cells for ones. */
export function paintMark(
  context: Pick<OffscreenCanvasRenderingContext2D, 'fillStyle' | 'fillRect'>,
  bytes: Uint8Array,
  width: number,
): void {
  const cell = width / COLUMNS;
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, rowsOf(bytes) * cell);
  context.fillStyle = '#fff';
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    if (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1)
      context.fillRect((bit % COLUMNS) * cell, Math.floor(bit / COLUMNS) * cell, cell, cell);
  }
}

/**
 * Reads the mark from brightness values, 0 to 255, of a picture of any size; null where there is none or a cell was
 * misread. `at(x, y)` gives the brightness of one pixel.
 */
export function readMark(at: (x: number, y: number) => number, width: number, height: number): Mark | null {
  const cell = width / COLUMNS;
  const rows = Math.min(MAX_ROWS, Math.floor(height / cell));

  const bit = (index: number): number => {
    const left = (index % COLUMNS) * cell;
    const top = Math.floor(index / COLUMNS) * cell;
    // Nine places around the middle: edges of a cell are smeared by the encoder and by scaling.
    let sum = 0;
    for (const dy of [0.3, 0.5, 0.7]) {
      for (const dx of [0.3, 0.5, 0.7]) sum += at(Math.floor(left + dx * cell), Math.floor(top + dy * cell));
    }
    return sum > 9 * 128 ? 1 : 0;
  };
  const byte = (index: number): number => {
    let value = 0;
    for (let offset = 0; offset < 8; offset += 1) value = (value << 1) | bit(index * 8 + offset);
    return value;
  };

  if (rows < 1 || ((byte(0) << 8) | byte(1)) !== MAGIC) return null;
  const length = byte(2);
  const total = 3 + length + 12;
  if (length > MAX_LOGIN || total * 8 > rows * COLUMNS) return null;
  const bytes = Uint8Array.from({ length: total }, (_, index) => byte(index));
  const view = new DataView(bytes.buffer);
  if (view.getUint32(11 + length) !== crc32(bytes.subarray(0, 11 + length))) return null;
  return {
    login: String.fromCharCode(...bytes.subarray(3, 3 + length)),
    counter: view.getUint32(3 + length),
    time: view.getUint32(7 + length),
  };
}
