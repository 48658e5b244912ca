import { expect, test } from '@jest/globals';
import { readStackPart } from '../../../infra/gateway/console/stack-part.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: variables of the stack file
const one = 'echo:\n  lang: node24-batch\n  handler: ./echo\n  image: ${REGISTRY:-r}/echo:${TAG}\n';
const indented = (text: string) => text.replace(/^(?=.)/gm, '  ');

test.each([
  [
    'a whole file',
    `version: 1.0\nprovider: { name: openfaas, gateway: "http://x" }\nfunctions:\n${indented(one)}`,
  ],
  ['its functions', `functions:\n${indented(one)}`],
  ['one function', one],
  ['one function as it was indented there', indented(one)],
  ['the same from an editor of Windows', indented(one).replaceAll('\n', '\r\n')],
])('%s', (_, source) => {
  expect(readStackPart(source, { TAG: '7' })).toMatchObject([{ service: 'echo', image: 'r/echo:7' }]);
});

test.each([
  ['', /no function/],
  ['just words', /no function/],
  ['echo: { lang: x }', /functions\.echo\.handler/],
  ['a: [', /./],
  ['echo:\n  image: ${UNCLOSED', /not closed|./],
])('%j is refused with a reason', (source, reason) => {
  expect(() => readStackPart(source, {})).toThrow(
    expect.objectContaining({ statusCode: 400, message: expect.stringMatching(reason) }),
  );
});
