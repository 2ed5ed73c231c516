// `node serve.mjs auth-js|better-auth|better-auth-postgres`: serves an app that answers who is signed in. It prints the
// URL and the cookie to send. The last one needs the variables PGHOST, PGUSER and PGDATABASE.
import { createServer } from 'node:http';
import { Auth } from '@auth/core';
import { encode } from '@auth/core/jwt';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import pg from 'pg';

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
  const database = memoryAdapter({ user: [], session: [], account: [], verification: [] });
  return withBetterAuth({ database, session: { cookieCache: { enabled: true, maxAge: 300 } } });
}

// Sessions in PostgreSQL, without the cookie that caches them. This is the default.
async function betterPostgres() {
  const database = new pg.Pool();
  const { runMigrations } = await getMigrations(betterAuthOptions({ database }));
  await runMigrations();
  return withBetterAuth({ database });
}

function betterAuthOptions(options) {
  return {
    secret,
    baseURL: 'http://localhost',
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    logger: { disabled: true },
    ...options,
  };
}

async function withBetterAuth(options) {
  const auth = betterAuth(betterAuthOptions(options));
  // A database can have Ada from an earlier round.
  const email = `ada${process.pid}@example.org`;
  const { headers } = await auth.api.signUpEmail({ body: { ...ada, email, password: 'correct horse battery' }, returnHeaders: true });
  const cookie = headers.getSetCookie().map((line) => line.split(';')[0]).join('; ');
  return { handler: toNodeHandler(auth), cookie, path: '/api/auth/get-session' };
}

const { handler, cookie, path } = await { 'auth-js': authJs, 'better-auth': better, 'better-auth-postgres': betterPostgres }[process.argv[2]]();
const server = createServer(handler).listen(0, '127.0.0.1', () => {
  console.log(`cookie ${cookie}`);
  console.log(`listening on http://127.0.0.1:${server.address().port}${path}`);
});
