import type { Call, Route } from '../http/call.ts';
import { currencyPaths } from '../http/paths.ts';
import type { Answer } from '../http/vendor-error.ts';

/** `/settings/v3/currencies…`, read only: which currencies deals may be in, and at what rates of the portal's own. */
export function currencyRoutes(): Route[] {
  return [
    ...routes('/company-currency', companyCurrency),
    ...routes('/exchange-rates/current', currentRates),
    ...routes('/exchange-rates', currentRates),
    ...routes('/central-fx-rates/information', () => {
      return { status: 200, json: { centralExchangeRatesEnabled: false } };
    }),
  ];
}

function routes(rest: string, handle: Route['handle']): Route[] {
  const scopes = (): string[][] => [['settings.currencies.read']];
  return currencyPaths(rest).map((pattern) => {
    return { method: 'GET', pattern, scopes, authenticated: true, limit: 'burst', handle };
  });
}

function companyCurrency(call: Call): Answer {
  const { companyCurrency: id, createdAt } = call.sandbox.portal;
  return { status: 200, json: { id, createdAt } };
}

/** One rate for each enabled currency. The numbers say nothing: no deal of this sandbox is converted. */
function currentRates(call: Call): Answer {
  const { companyCurrency, additionalCurrencies, createdAt } = call.sandbox.portal;
  const results = additionalCurrencies.map((fromCurrencyCode, index) => ({
    id: String(7_000_001 + index),
    fromCurrencyCode,
    toCurrencyCode: companyCurrency,
    conversionRate: 1,
    visibleInUI: true,
    effectiveAt: createdAt,
    createdAt,
    updatedAt: createdAt,
  }));
  return { status: 200, json: { results } };
}
