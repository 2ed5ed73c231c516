// `node serve.mjs auth-js|better-auth`: serves an app that answers who is signed in. It prints the URL and the cookie
// to send.
import { createServer } from 'node:http';
import { Auth } from '@auth/core';
import { encode } from '@auth/core/jwt';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';

const secret = 'Yk3n8Qv2Rt6Lw9Xz4Bc7Hd1Mf5Pg0Js+Ua/EoTiNq0=';
const ada = { name: 'Ada Lovelace', email: 'ada@example.org', image: 'https://bitbucket.org/account/ada/avatar/' };

// A session in an encrypted cookie (JWE). This is the default if there is no database.
async function authJs() {
  const salt = 'authjs.session-token';
  const token = await encode({ secret, salt, token: { sub: '1', name: ada.name, email: ada.email, picture: ada.image } });
  const config = { secret, trustHost: true, basePath: '/auth', providers: [], session: { strategy: 'jwt' } };
  const handler = async (request, response) => {
    const answer = await Auth(new Request(`http://${request.headers.host}${request.url}`, { headers: request.headers }), config);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(await answer.text());
  };
  return { handler, cookie: `${salt}=${token}`, path: '/auth/session' };
}

// Sessions in a database, which is in memory here. A signed cookie caches the session for five minutes.
async function better() {
  const auth = betterAuth({
    secret,
    baseURL: 'http://localhost',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true },
    session: { cookieCache: { enabled: true, maxAge: 300 } },
    rateLimit: { enabled: false },
    logger: { disabled: true },
  });
  const { headers } = await auth.api.signUpEmail({ body: { ...ada, password: 'correct horse battery' }, returnHeaders: true });
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  return { handler: toNodeHandler(auth), cookie, path: '/api/auth/get-session' };
}

const { handler, cookie, path } = await { 'auth-js': authJs, 'better-auth': better }[process.argv[2]]();
const server = createServer(handler).listen(0, '127.0.0.1', () => {
  console.log(`cookie ${cookie}`);
  console.log(`listening on http://127.0.0.1:${server.address().port}${path}`);
});
