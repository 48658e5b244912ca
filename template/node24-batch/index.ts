import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type FunctionModule, run } from './run.ts';
import { readWrapperSettings } from './settings.ts';

/** Runs the function whose handler `FUNCTION_HANDLER` names, from source; the local gateway starts this. */
const settings = readWrapperSettings(process.env);
const module: FunctionModule = await import(pathToFileURL(resolve(settings.handlerPath)).href);
await run(module, settings);
