import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours where a terminal looks on (and NO_COLOR is not set), plain text elsewhere. */
export function colour(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const wheel: readonly Style[] = [
  'cyan',
  'green',
  'magenta',
  'yellow',
  'blue',
  'cyanBright',
  'greenBright',
  'magentaBright',
  'yellowBright',
  'blueBright',
];

/** The same colour for the same place in a list. */
export function colourOf(index: number): Style {
  return wheel[index % wheel.length] as Style;
}
