// Shows /v1/overview and keeps it current. Everything from the server is put in as text, never as markup.
const steps = ['approved', 'mirrored', 'won', 'computed', 'triggered', 'acknowledged'];
const everyMs = 1500;
const byId = (id) => document.getElementById(id);

// The address a CRM record links to shows that one deal.
const dealId = /^\/deals\/([0-9a-f-]{36})$/.exec(location.pathname)?.[1];

function cell(tag, content, kind) {
  const element = document.createElement(tag);
  element.append(content);
  if (kind) element.className = kind;
  return element;
}

function fill(table, heads, rows, emptyText) {
  const head = document.createElement('tr');
  head.append(...heads.map(([text, kind]) => cell('th', text, kind)));
  const body = rows.map((cells) => {
    const row = document.createElement('tr');
    row.append(...cells.map(([content, kind]) => cell('td', content, kind)));
    return row;
  });
  if (body.length === 0) {
    const row = document.createElement('tr');
    const empty = cell('td', emptyText, 'empty');
    empty.colSpan = heads.length;
    row.append(empty);
    body.push(row);
  }
  table.replaceChildren(head, ...body);
}

// Shows as many decimals as the server sent: they are those of the currency.
const amountText = (decimal) =>
  Number(decimal).toLocaleString(undefined, { minimumFractionDigits: (decimal.split('.')[1] ?? '').length });

const money = (byCurrency, step) =>
  Object.entries(byCurrency)
    .map(([currency, sums]) => `${amountText(sums[step])} ${currency}`)
    .join(', ') || '–';

function showChain({ connections, reconciliation }) {
  const rows = reconciliation.connections.map((reconciled) => {
    const connection = connections.find((candidate) => candidate.id === reconciled.connection);
    return [
      [`${connection?.label ?? reconciled.connection}${connection?.mode === 'shadow' ? ' (shadow)' : ''}`],
      ...steps.map((step) => [String(reconciled.counts[step]), 'number']),
      [money(reconciled.commission, 'acknowledged'), 'number'],
    ];
  });
  const heads = [['CRM'], ...steps.map((step) => [step, 'number']), ['paid out', 'number']];
  fill(byId('chain'), heads, rows, 'No CRM is connected yet. See the README: connect Salesforce or HubSpot.');
}

const headers = () => {
  const key = sessionStorage.getItem('api-key');
  return key ? { authorization: `Bearer ${key}` } : {};
};

// Sends the person to the CRM to log in; they come back to this server, and the page shows the new state.
async function connect(id) {
  byId('connecting').textContent = '';
  const answer = await fetch(`/v1/connections/${encodeURIComponent(id)}/authorization`, {
    method: 'POST',
    headers: headers(),
  });
  const body = await answer.json();
  if (answer.ok) window.open(body.url, '_blank', 'noopener');
  else byId('connecting').textContent = body.detail ?? body.title;
}

function connectButton({ id, state, accountId }) {
  const text = accountId === null ? 'Connect' : 'Connect again';
  const button = Object.assign(document.createElement('button'), { textContent: text });
  if (state === 'login-refused') button.className = 'alert';
  button.addEventListener('click', () => void connect(id));
  return button;
}

const stateText = { ready: 'connected', paused: 'paused', 'login-refused': 'login refused' };

// Filled anew only when something changed: a button that is replaced under the pointer cannot be clicked.
let shownConnections = '';
function showConnections({ connections }) {
  const shown = JSON.stringify(connections);
  if (shown === shownConnections) return;
  shownConnections = shown;
  const rows = connections.map((connection) => [
    [connection.label],
    [connection.accountId ?? 'nobody logged in yet'],
    [stateText[connection.state] + (connection.reason ? `: ${connection.reason}` : '')],
    [connection.limits ?? ''],
    [connection.connectable ? connectButton(connection) : ''],
  ]);
  const heads = [['CRM'], ['Org'], ['State'], ['What it allows'], ['']];
  fill(byId('connections'), heads, rows, 'No CRM is connected yet. See the README.');
}

function showCards({ cards }) {
  const rows = cards.map((card) => [
    [card.connection],
    [card.subject],
    [card.plain, card.alerts ? 'alert' : ''],
    [card.nextStep],
    [new Date(card.since).toLocaleString()],
  ]);
  const heads = [['CRM'], ['About'], ['What is the matter'], ['What to do'], ['Since']];
  fill(byId('cards'), heads, rows, 'Nothing needs you.');
}

// What the person sees goes with the decision: over another value nothing is written.
async function decide({ id, held }, how) {
  const answer = await fetch(`/v1/proposals/${encodeURIComponent(id)}/${how}`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify(how === 'accept' ? { held } : {}),
  });
  const body = await answer.json();
  byId('deciding').textContent = body.say ?? body.detail ?? body.title;
}

function decisions(proposal) {
  const both = document.createElement('span');
  for (const how of ['accept', 'decline']) {
    const button = Object.assign(document.createElement('button'), { textContent: how });
    button.addEventListener('click', () => void decide(proposal, how));
    both.append(button, ' ');
  }
  return both;
}

const valueText = (value) => (value === null ? 'empty' : String(value));

let shownProposals = '';
function showProposals({ proposals }) {
  const shown = JSON.stringify(proposals);
  if (shown === shownProposals) return;
  shownProposals = shown;
  const rows = proposals.map((proposal) => [
    [proposal.deal],
    [proposal.partner],
    [proposal.field],
    [valueText(proposal.held)],
    [proposal.proposedText ?? valueText(proposal.proposed)],
    [`${proposal.proposedBy}, ${new Date(proposal.proposedAt).toLocaleString()}`],
    [decisions(proposal)],
  ]);
  const heads = ['Deal', 'Partner', 'Field', 'In the CRM', 'Registration', 'Changed by', ''].map((text) => [
    text,
  ]);
  fill(byId('proposals'), heads, rows, "No partner changed a field that is the sales team's by now.");
}

function showGaps({ reconciliation }) {
  const rows = reconciliation.gaps
    .slice(0, 12)
    .map((gap) => [
      [gap.deal ?? '–'],
      [gap.step],
      [gap.connection ?? '–'],
      [gap.reason + (gap.nextStep ? ` ${gap.nextStep}` : '')],
      [`${gap.ageSeconds} s`, 'number'],
    ]);
  fill(
    byId('gaps'),
    [['Deal'], ['Not yet'], ['CRM'], ['Why'], ['For', 'number']],
    rows,
    'Nothing waits: every deal has reached its next step.',
  );
}

function showDeals({ deals }) {
  if (dealId) byId('deals-title').textContent = 'This deal';
  const rows = deals.map((deal) => [
    [deal.name],
    [deal.partner],
    [deal.amount === null ? '–' : `${amountText(deal.amount)} ${deal.currency}`, 'number'],
    [deal.crmOfRecord ?? '–'],
    [deal.standing],
  ]);
  fill(
    byId('deals'),
    [['Deal'], ['Partner'], ['Amount', 'number'], ['CRM'], ['Where it is']],
    rows,
    dealId
      ? 'There is no deal of this id.'
      : 'No deal yet. Register one: POST /v1/deals, or tributary import FILE.csv.',
  );
}

function showStatus(overview) {
  const { gapCount } = overview.reconciliation;
  const status = byId('status');
  status.className = overview.stopped ? 'alert' : '';
  status.textContent = overview.stopped
    ? 'Stopped: nothing goes out until someone runs tributary resume.'
    : gapCount === 0
      ? 'Everything has arrived.'
      : `${gapCount} ${gapCount === 1 ? 'step is' : 'steps are'} under way or waiting.`;
  byId('links').replaceChildren(
    ...overview.links.map(({ label, url }) =>
      Object.assign(document.createElement('a'), { textContent: label, href: url }),
    ),
  );
}

async function refresh() {
  const answer = await fetch(dealId ? `/v1/overview?deal=${dealId}` : '/v1/overview', {
    headers: headers(),
  });
  byId('key-form').hidden = answer.status !== 401;
  if (answer.status === 401) {
    byId('status').textContent = 'An API key is needed.';
    return;
  }
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const overview = await answer.json();
  showStatus(overview);
  showChain(overview);
  showConnections(overview);
  showCards(overview);
  showProposals(overview);
  showGaps(overview);
  showDeals(overview);
}

async function keepCurrent() {
  try {
    await refresh();
  } catch (error) {
    byId('status').className = 'alert';
    byId('status').textContent = `The server cannot be reached (${error.message}); trying again.`;
  }
  setTimeout(keepCurrent, everyMs);
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('api-key', byId('key').value);
  void refresh();
});
void keepCurrent();
