const STYLE =
  'body{font:16px system-ui;max-width:22rem;margin:4rem auto;padding:0 1rem}label,input,button{display:block;width:100%;box-sizing:border-box;margin:.4rem 0;font:inherit}input,button{padding:.5rem}[role=alert]{color:#a40000}';

/** The page on which a person logs in and lets the app act for them. The request's parameters travel along in the form. */
export function renderLoginPage(form: URLSearchParams, problem: string): string {
  const own = ['username', 'password', 'decision'];
  const hidden = [...form]
    .filter(([name]) => !own.includes(name))
    .map(([name, value]) => hiddenField(name, value));
  const username = form.get('username') ?? form.get('login_hint') ?? '';
  return `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Log in to the sandbox org</title><style>${STYLE}</style></head>
<body><h1>Sandbox org</h1>
<p>An app asks for access to your data (${escapeHtml(form.get('scope') ?? 'refresh_token api id')}).</p>
${problem === '' ? '' : `<p role="alert">${escapeHtml(problem)}</p>`}
<form method="post" action="/services/oauth2/authorize">${hidden.join('')}
<label for="username">Username</label><input id="username" name="username" autocomplete="username" value="${escapeHtml(username)}">
<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password">
<button name="decision" value="allow">Log in and allow access</button>
<button name="decision" value="deny">Deny</button>
</form></body></html>
`;
}

function hiddenField(name: string, value: string): string {
  return `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
