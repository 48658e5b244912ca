/**
 * Reads an answer up to a size that a page can show.
 *
 * @param {Response} answer
 * @returns {Promise<{text: string, size: number, cut: boolean, binary: boolean}>}
 */
export async function readAnswer(answer, maxBytes = 262_144) {
  const pieces = [];
  let size = 0;
  const reader = answer.body?.getReader();
  while (reader !== undefined) {
    const { value, done } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      break;
    }
  }
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer()).subarray(0, maxBytes);
  const binary = bytes.subarray(0, 1024).includes(0);
  return { text: binary ? '' : pretty(new TextDecoder().decode(bytes)), size, cut: size > maxBytes, binary };
}

/** JSON is laid out; everything else stays as it came. */
export function pretty(text) {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
