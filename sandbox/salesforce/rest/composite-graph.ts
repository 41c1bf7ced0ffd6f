import type { Subresponse } from './composite-references.ts';
import { halted, readSubrequests, runAllOrNone, type Subrequest } from './composite-run.ts';
import { readJson, type ApiRequest, type Reply } from './request.ts';
import { notFound, RestError } from './rest-error.ts';
import { findInner } from './subrequest.ts';

/** What the vendor allows in one payload; after so many failed graphs it stops trying. */
const MAX_GRAPHS = 75;
const MAX_NODES = 500;
const MAX_DEPTH = 15;
const MAX_KINDS = 15;
const MAX_FAILED = 14;

/** First version of the API that knows graphs. */
const SINCE_VERSION = 50;

interface Graph {
  graphId: string;
  nodes: Subrequest[];
}

interface GraphResult {
  graphId: string;
  graphResponse: { compositeResponse: Subresponse[] };
  isSuccessful: boolean;
}

/** `POST /composite/graph`: graphs of writes that use each other's answers; each is carried out whole or not at all. */
export function runGraphs(request: ApiRequest): Reply {
  if (Number.parseInt(request.version, 10) < SINCE_VERSION) throw notFound();
  const graphs = readGraphs(request);
  const results: GraphResult[] = [];
  for (const graph of graphs) {
    const failed = results.filter(({ isSuccessful }) => !isSuccessful).length;
    results.push(failed >= MAX_FAILED ? untried(graph) : runGraph(request, graph));
  }
  const records = graphs.reduce((count, { nodes }) => count + nodes.length, 0);
  return { status: 200, body: { graphs: results }, records };
}

function runGraph(request: ApiRequest, { graphId, nodes }: Graph): GraphResult {
  const compositeResponse = runAllOrNone(request, nodes);
  const isSuccessful = compositeResponse.every(({ httpStatusCode }) => httpStatusCode < 400);
  return { graphId, graphResponse: { compositeResponse }, isSuccessful };
}

function untried({ graphId, nodes }: Graph): GraphResult {
  const compositeResponse = nodes.map(({ referenceId }) => halted(referenceId));
  return { graphId, graphResponse: { compositeResponse }, isSuccessful: false };
}

function readGraphs(request: ApiRequest): Graph[] {
  const { graphs } = readJson(request);
  if (!Array.isArray(graphs)) throw new RestError(400, 'JSON_PARSER_ERROR', 'graphs must be an array');
  if (graphs.length > MAX_GRAPHS) throw beyond(`${MAX_GRAPHS} graphs`);
  const read = graphs.map(readGraph);
  if (new Set(read.map(({ graphId }) => graphId)).size < read.length)
    throw new RestError(400, 'INVALID_INPUT', 'Duplicate graphId provided in request.');
  const nodes = read.flatMap((graph) => graph.nodes);
  if (nodes.length > MAX_NODES) throw beyond(`${MAX_NODES} nodes`);
  for (const graph of read) checkGraph(request, graph);
  return read;
}

function readGraph(input: unknown): Graph {
  const { graphId, compositeRequest } = (input ?? {}) as Record<string, unknown>;
  if (typeof graphId !== 'string' || graphId === '')
    throw new RestError(400, 'REQUIRED_FIELD_MISSING', 'No graph id was provided');
  return { graphId, nodes: readSubrequests(compositeRequest) };
}

/** Nodes are reads and writes of single records, of at most 15 kinds, and at most 15 references deep. */
function checkGraph(request: ApiRequest, { graphId, nodes }: Graph): void {
  const kinds = new Set<string>();
  const depths = new Map<string, number>();
  for (const node of nodes) {
    const { route } = findInner(request, withoutReferences(node));
    if (route === undefined || !/ \/sobjects\/\w+(\/|$)/.test(route.endpoint))
      throw new RestError(400, 'INVALID_INPUT', `Unsupported url in graph ${graphId}: ${node.url}`);
    kinds.add(route.endpoint);
    depths.set(node.referenceId, 1 + Math.max(0, ...referencesOf(node).map((name) => depths.get(name) ?? 0)));
  }
  if (kinds.size > MAX_KINDS) throw beyond(`${MAX_KINDS} different nodes in graph ${graphId}`);
  if (Math.max(0, ...depths.values()) > MAX_DEPTH)
    throw beyond(`a depth of ${MAX_DEPTH} in graph ${graphId}`);
}

function withoutReferences({ method, url }: Subrequest): { method: string; url: string } {
  return { method, url: url.replaceAll(/@\{[^}]*\}/g, 'ref') };
}

function referencesOf({ url, body }: Subrequest): string[] {
  const text = `${url} ${JSON.stringify(body ?? null)}`;
  return [...text.matchAll(/@\{([A-Za-z]\w*)/g)].map(([, name = '']) => name);
}

function beyond(what: string): RestError {
  return new RestError(400, 'LIMIT_EXCEEDED', `Limit reached: more than ${what}`);
}
