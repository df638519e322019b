// provider - an OpenID Connect provider for tests: oidc-provider on a free port of loopback.
//
// Speaks lines of JSON. It prints {"issuer": URL}, then answers each line of stdin with one line:
// {"clients": […]} registers these instead of those before; {"rotate": "keep"} signs with new keys
// and goes on publishing the old ones, {"rotate": "drop"} forgets them. It ends with stdin.
//
// Its pages ask who you are (any name is let in) and whether the site may know it.
// SPDX-License-Identifier: MIT
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

const KINDS = [
    ['rsa', { modulusLength: 2048 }],
    ['ec', { namedCurve: 'P-256' }],
    ['ed25519', {}],
];
const cookieKey = randomBytes(24).toString('base64url');
let clients = [];
let keys = makeKeys();
let handle = null;
let provider = null;

function makeKeys() {
    return KINDS.map(([kind, options]) => ({
        ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }),
        use: 'sig',
        kid: randomBytes(6).toString('hex'),
    }));
}

function person(id) {
    return {
        accountId: id,
        claims: () => ({
            sub: id,
            name: `${id} Lovelace`,
            email: `${id}@example.org`,
            email_verified: true,
            locale: 'en-GB',
        }),
    };
}

function page(text) {
    return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>provider</title></head><body>${text}</body></html>`;
}

function askLogout(ctx, form) {
    ctx.body = page(`${form}<button id="confirm" form="op.logoutForm" name="logout" value="yes">Log out</button>`);
}

// A provider's keys are fixed when it is made: with other keys there is another one, and what users
// and sites have from the old one is in the memory that all of them share.
function renew() {
    provider = new Provider(issuer, {
        clients,
        jwks: { keys },
        cookies: { keys: [cookieKey] },
        findAccount: (ctx, id) => person(id),
        claims: { openid: ['sub'], profile: ['name', 'locale'], email: ['email', 'email_verified'] },
        pkce: { methods: ['S256'], required: () => true },
        issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
        rotateRefreshToken: true,
        interactions: { url: (ctx, interaction) => `/ask/${interaction.uid}` },
        features: {
            devInteractions: { enabled: false },
            revocation: { enabled: true },
            rpInitiatedLogout: { enabled: true, logoutSource: askLogout },
        },
    });
    handle = provider.callback();
}

async function form(request) {
    let text = '';
    for await (const part of request)
        text += part;
    return new URLSearchParams(text);
}

async function grantFor(details) {
    const { grantId, params, session, prompt } = details;
    const grant = (grantId && await provider.Grant.find(grantId)) ||
        new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    if (prompt.details.missingOIDCScope)
        grant.addOIDCScope(prompt.details.missingOIDCScope.join(' '));
    if (prompt.details.missingOIDCClaims)
        grant.addOIDCClaims(prompt.details.missingOIDCClaims);
    return { consent: { grantId: await grant.save() } };
}

async function answer(details, fields) {
    if (fields.get('answer') === 'deny')
        return { error: 'access_denied', error_description: 'the user said no' };
    if (details.prompt.name === 'login')
        return { login: { accountId: fields.get('name') } };
    return grantFor(details);
}

async function ask(request, response) {
    const details = await provider.interactionDetails(request, response);
    if (request.method === 'POST') {
        const result = await answer(details, await form(request));
        await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
        return;
    }
    const input = details.prompt.name === 'login' ? '<input id="name" name="name">' : '';
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(page(`<form method="post" action="/ask/${details.uid}" id="${details.prompt.name}">${input}
        <button id="yes" name="answer" value="yes">Yes</button>
        <button id="deny" name="answer" value="deny">No</button></form>`));
}

function serve(request, response) {
    if (!request.url.startsWith('/ask/')) {
        handle(request, response);
        return;
    }
    ask(request, response).catch((error) => {
        response.statusCode = 500;
        response.end(String(error));
    });
}

function command(message) {
    if (message.clients)
        clients = message.clients;
    if (message.rotate === 'keep')
        keys = [...makeKeys(), ...keys.slice(0, KINDS.length)];
    if (message.rotate === 'drop')
        keys = keys.slice(0, KINDS.length);
    renew();
    return { done: true, kids: keys.map((key) => key.kid) };
}

const server = createServer(serve);
let issuer;
server.listen(0, '127.0.0.1', () => {
    issuer = `http://127.0.0.1:${server.address().port}`;
    renew();
    console.log(JSON.stringify({ issuer }));
    createInterface({ input: process.stdin }).on('line', (line) => {
        console.log(JSON.stringify(command(JSON.parse(line))));
    }).on('close', () => process.exit(0));
});
