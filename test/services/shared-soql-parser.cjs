/** What the resolver gives for the SOQL parser: the one of the worker (see environment.mjs). */
module.exports = globalThis[Symbol.for('tributary: the SOQL parser')];
