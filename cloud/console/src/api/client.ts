import { session } from "../session/session";
import { asProblem, offline, problemOf } from "./problem";
import type { paths } from "./schema";

type Method = "get" | "post" | "put" | "delete";
type Operation<P extends keyof paths, M extends Method> = Exclude<paths[P][M], undefined>;
type PathWith<M extends Method> = { [P in keyof paths]: Operation<P, M> extends never ? never : P }[keyof paths];
type Part<O, Name extends string> = O extends { parameters: Record<Name, infer Found> } ? Exclude<Found, undefined> : never;
type Query<O> = O extends { parameters: { query?: infer Found } } ? Exclude<Found, undefined> : never;
type Body<O> = O extends { requestBody: { content: { "application/json": infer Found } } } ? Found : never;
type Content<A> = A extends { content: { "application/json": infer Found } } ? Found : undefined;
/** What a success of this operation gives. */
export type Given<O> = O extends { responses: infer R }
  ? R extends { 200: infer A } ? Content<A> : R extends { 201: infer A } ? Content<A> : undefined
  : never;

interface Asked<O> {
  path?: Part<O, "path">;
  query?: Query<O>;
  body?: Body<O>;
  signal?: AbortSignal;
}

interface Loose {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  /** In place of a body. */
  file?: Blob;
  signal?: AbortSignal;
}

/** The address of a path with its parameters in it, each of them escaped. */
export function address(path: string, names: Record<string, string | number> = {}, query: Record<string, unknown> = {}): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(names[name] ?? "")));
  const wanted = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? [[name, String(value)]] : [],
  );
  return wanted.length === 0 ? filled : `${filled}?${new URLSearchParams(wanted).toString()}`;
}

async function send(method: Method, path: string, asked: Loose, token: string | null): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  const request: RequestInit = { method: method.toUpperCase(), headers, credentials: "omit", cache: "no-store" };
  if (asked.signal !== undefined) request.signal = asked.signal;
  if (asked.file !== undefined) {
    headers.set("Content-Type", "application/zip");
    request.body = asked.file;
  } else if (method === "post" || method === "put") {
    headers.set("Content-Type", "application/json");
    request.body = JSON.stringify(asked.body ?? {});
  }
  try {
    return await fetch(address(path, asked.path, asked.query), request);
  } catch (error) {
    if (asked.signal?.aborted === true) throw error;
    throw offline();
  }
}

/** Ask, once more with a new token where the old one has run out; what is no success is thrown as a Problem. */
async function reach(method: Method, path: string, asked: Loose): Promise<Response> {
  let answer = await send(method, path, asked, session.token());
  if (answer.status === 401 && (await session.renew())) answer = await send(method, path, asked, session.token());
  if (answer.status === 401) session.end();
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

async function ask(method: Method, path: string, asked: Loose): Promise<unknown> {
  const answer = await reach(method, path, asked);
  if (answer.status === 204) return undefined;
  try {
    const given: unknown = await answer.json();
    return given;
  } catch (error) {
    throw asProblem(error);
  }
}

/** GET something of the API; its path, parameters and answer are checked against the OpenAPI document by tsc. */
export async function get<P extends PathWith<"get">>(path: P, asked: Asked<Operation<P, "get">> = {}): Promise<Given<Operation<P, "get">>> {
  return (await ask("get", path, asked)) as Given<Operation<P, "get">>;
}

/** POST something to the API. */
export async function post<P extends PathWith<"post">>(path: P, asked: Asked<Operation<P, "post">> = {}): Promise<Given<Operation<P, "post">>> {
  return (await ask("post", path, asked)) as Given<Operation<P, "post">>;
}

/** PUT something in the place of what is there. */
export async function put<P extends PathWith<"put">>(path: P, asked: Asked<Operation<P, "put">> = {}): Promise<Given<Operation<P, "put">>> {
  return (await ask("put", path, asked as Loose)) as Given<Operation<P, "put">>;
}

/** DELETE something; what it was is the answer. */
export async function take<P extends PathWith<"delete">>(path: P, asked: Asked<Operation<P, "delete">> = {}): Promise<Given<Operation<P, "delete">>> {
  return (await ask("delete", path, asked)) as Given<Operation<P, "delete">>;
}

/** POST a file, as it is. */
export async function upload<P extends PathWith<"post">>(path: P, asked: Asked<Operation<P, "post">> & { file: Blob }): Promise<Given<Operation<P, "post">>> {
  return (await ask("post", path, asked)) as Given<Operation<P, "post">>;
}

/** A file of the API, as bytes; its path may be one that gives no JSON. */
export async function download(path: string, names: Record<string, string | number>): Promise<Blob> {
  return (await reach("get", path, { path: names })).blob();
}
