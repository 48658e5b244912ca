import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { route } from '../../../infra/gateway/http/router.ts';
import { namePattern } from '../../../infra/gateway/provider/deployment.ts';

describe('routes', () => {
  test.each([
    ['/function/echo', { kind: 'call', name: 'echo', path: '/' }],
    ['/function/echo/', { kind: 'call', name: 'echo', path: '/' }],
    ['/function/echo?a=1', { kind: 'call', name: 'echo', path: '/?a=1' }],
    ['/function/echo/a/b?c=d&e', { kind: 'call', name: 'echo', path: '/a/b?c=d&e' }],
    ['/function/echo/..//%2e%2e/x', { kind: 'call', name: 'echo', path: '/..//%2e%2e/x' }],
    ['/function/echo.openfaas-fn/a', { kind: 'call', name: 'echo', path: '/a' }],
    ['/function/echo.other', { kind: 'call', name: 'echo.other', path: '/' }],
    ['/function/', { kind: 'call', name: '', path: '/' }],
    ['/async-function/echo/a', { kind: 'async-call', name: 'echo', path: '/a' }],
    ['/system/functions', { kind: 'functions' }],
    ['/system/functions?namespace=x', { kind: 'functions' }],
    ['/system/function/echo?usage=1', { kind: 'function', name: 'echo' }],
    ['/system/scale-function/echo', { kind: 'scale', name: 'echo' }],
    ['/system/info', { kind: 'info' }],
    ['/healthz', { kind: 'healthz' }],
    ['/metrics', { kind: 'metrics' }],
    ['/ui', { kind: 'console', path: '/' }],
    ['/ui/app.js?v=1', { kind: 'console', path: '/app.js' }],
    ['/', { kind: 'root' }],
    ['/system', { kind: 'not-found' }],
    ['/system/functions/', { kind: 'not-found' }],
    ['/constructor', { kind: 'not-found' }],
    ['http://h/function/echo', { kind: 'not-found' }],
    ['*', { kind: 'not-found' }],
  ])('%s', (target, expected) => {
    expect(route(target)).toEqual(expected);
  });

  test('any target has a route; a call keeps the rest of the target as it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, rest) => {
        expect(route(name + rest)).toHaveProperty('kind');
        fc.pre(!/[/?#]/.test(name) && !name.endsWith('.openfaas-fn'));
        expect(route(`/function/${name}/${rest}`)).toEqual({ kind: 'call', name, path: `/${rest}` });
      }),
    );
  });

  test('no name that the pattern admits has a path in it', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '-', '.', '/', '\\', '0', '%', '\0', '\n', 'A') }),
        (name) => {
          if (namePattern.test(name)) expect(name).toMatch(/^[a-z0-9-]+$/);
        },
      ),
    );
    for (const name of ['a\n', '../a', 'a/b', '', '-a', 'a-', 'A', 'a'.repeat(64), '%61']) {
      expect(namePattern.test(name)).toBe(false);
    }
  });
});
