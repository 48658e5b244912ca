import askPage from './ask/page.js';
import checksPage from './checks/page.js';
import deadLettersPage from './dead-letters/page.js';
import deployPage from './deploy/page.js';
import functionPage from './function/page.js';
import functionsPage from './functions/page.js';
import nowherePage from './nowhere.js';
import pipelinePage from './pipeline/page.js';

/**
 * All pages; those with a `link` stand in the navigation, `under` says which of them a page belongs to. All are
 * loaded at once: a page that is only fetched when it is wanted is not there while the gateway is away.
 */
export const pages = [
  { path: '/pipeline', link: 'Pipeline', create: pipelinePage },
  { path: '/functions', link: 'Functions', create: functionsPage },
  { path: '/functions/:name', under: '/functions', create: functionPage },
  { path: '/deploy', under: '/functions', create: deployPage },
  { path: '/dead-letters', link: 'Dead letters', create: deadLettersPage },
  { path: '/checks', link: 'Checks', create: checksPage },
  { path: '/ask', link: 'Ask', create: askPage },
  { path: '/nowhere', create: nowherePage },
];
