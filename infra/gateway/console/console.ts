import type { IncomingMessage, ServerResponse } from 'node:http';
import { HttpError } from '../../../shared/errors/index.ts';
import { readJson, sendJson } from '../http/answer.ts';
import { type DeadLetterActions, readSearch, readSelection } from './dead-letters/actions.ts';
import type { DeadLetterReader } from './dead-letters/reader.ts';
import { createSampler, type SamplerOptions } from './sampler.ts';
import { readStackPart } from './stack-part.ts';
import { createStaticFiles } from './static-files.ts';
import { createStream } from './stream.ts';

export interface ConsoleOptions extends SamplerOptions {
  /** Its pages. */
  folder: string;
  /** Files of others that its pages use. */
  vendorFolder: string;
  /** What variables of a pasted stack.yml stand for. */
  variables: Readonly<Record<string, string | undefined>>;
  deadLetters: DeadLetterReader;
  deadLetterActions: DeadLetterActions;
}

/** The web console under /ui/; the caller has authenticated. */
export interface Console {
  serve(request: IncomingMessage, response: ServerResponse, path: string): Promise<void>;
  /** Ends the streams, so that browsers look for the next gateway at once. */
  close(): Promise<void>;
}

export function createConsole(options: ConsoleOptions): Console {
  const sampler = createSampler(options);
  const stream = createStream(sampler);
  const serveFile = createStaticFiles({ '/': options.folder, '/vendor/': options.vendorFolder });

  return {
    serve: async (request, response, path) => {
      switch (`${request.method} ${path}`) {
        case 'GET /api/stream':
          return stream.add(response);
        case 'POST /api/stack':
          return sendJson(response, 200, readStackPart(await readSource(request), options.variables));
        case 'GET /api/dead-letters':
          return sendJson(response, 200, await options.deadLetters.read(readSearch(queryOf(request))));
        case 'POST /api/dead-letters/preview':
        case 'POST /api/dead-letters/redrive':
        case 'POST /api/dead-letters/purge': {
          const action = path.slice(path.lastIndexOf('/') + 1) as keyof DeadLetterActions;
          const selection = readSelection(await readJson(request));
          return sendJson(response, 200, await options.deadLetterActions[action](selection));
        }
        default:
          if (path.startsWith('/api/')) throw new HttpError(404, `there is no ${request.method} ${path}`);
          return serveFile(request, response, path);
      }
    },
    close: async () => {
      sampler.close();
      stream.close();
      await options.deadLetters.close();
    },
  };
}

async function readSource(request: IncomingMessage): Promise<string> {
  const body = await readJson(request);
  const source = (body as { source?: unknown } | null)?.source;
  if (typeof source !== 'string') throw new HttpError(400, 'source: must be the text of a stack.yml');
  return source;
}

function queryOf({ url = '' }: IncomingMessage): URLSearchParams {
  return new URL(url, 'http://console').searchParams;
}
