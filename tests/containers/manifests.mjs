// manifests.mjs OUT KUSTOMIZATION [RENDERED] - checks Kubernetes manifests: what kustomization.yaml and its components list is
// there and nothing else; references hold (references.mjs); and they are written to OUT as typed constants, for tsc --strict: an
// unknown field or a wrong type is an error. RENDERED: what `kubectl kustomize` made of the same, judged alike.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import YAML from "yaml";
import { references } from "./references.mjs";

const OUTSIDE = ["redis", "mail-server"]; // where there is no service of that name, it is elsewhere
const [out, folder, rendered] = process.argv.slice(2);
const wrong = [], lines = [], imports = new Map();
const read = (path) => readFileSync(path, "utf8");

const moduleOf = (version) => (version === "v1" ? "core/v1" : version.replace(/\.k8s\.io\//, "/"));

function typed(where, object) {
  const key = `${object.kind} ${moduleOf(object.apiVersion)}`;
  if (!imports.has(key)) imports.set(key, `${object.kind}_${imports.size}`);
  lines.push(`// ${where}`, `export const o${lines.length}: ${imports.get(key)} = ${JSON.stringify(object)};`);
}

function objectsIn(where) {
  return YAML.parseAllDocuments(read(where), { strict: true, uniqueKeys: true }).map((document) => {
    if (document.errors.length) throw new Error(`${where}: ${document.errors[0].message}`);
    return { where, object: document.toJS() };
  });
}

// As `kustomize` makes them, but for their contents and the hash in their names.
const generated = (where, kind, about) => {
  const files = (about.files ?? []).map((file) => [basename(file.split("=")[0]), ""]);
  const settings = (about.envs ?? []).flatMap((file) => read(join(where, file)).split("\n").filter((line) => /^[^#]/.test(line)));
  const data = Object.fromEntries([...files, ...settings.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)])]);
  return { where: join(where, "kustomization.yaml"), object: { apiVersion: "v1", kind, metadata: { name: about.name }, data } };
};

// The resources of a folder, what its generators make, those of its components.
function taken(at, components) {
  const given = YAML.parse(read(join(at, "kustomization.yaml")), { strict: true });
  const own = ["kustomization.yaml", "policy.yaml"];
  const there = readdirSync(at).filter((name) => name.endsWith(".yaml") && !own.includes(name));
  if ([...there].sort().join() !== [...given.resources].sort().join()) wrong.push(`${at}: lists ${given.resources}, holds ${there}`);
  const labels = Object.assign({}, ...(given.labels ?? []).map((one) => one.pairs));
  const objects = [
    ...given.resources.flatMap((name) => objectsIn(join(at, name))),
    ...(given.configMapGenerator ?? []).map((about) => generated(at, "ConfigMap", about)),
    ...(given.secretGenerator ?? []).map((about) => generated(at, "Secret", about)),
    ...components.flatMap((name) => taken(normalize(join(at, name)), [])),
  ];
  for (const { object } of objects) if (object.spec?.template) Object.assign(object.spec.template.metadata.labels, labels);
  return objects;
}

const components = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "kustomization.yaml")))
  .map((entry) => entry.name);
const judged = (objects) => wrong.push(...references(objects, OUTSIDE).filter((words) => !wrong.includes(words)));
judged(taken(folder, []));
const all = taken(folder, components);
judged(all);
for (const { where, object } of all) if (!where.endsWith("kustomization.yaml")) typed(where, object);
if (rendered) {
  const made = objectsIn(rendered);
  judged(made);
  for (const { where, object } of made) typed(where, object);
}

// The checks are checked: a field that nobody knows must be an error, and so must a service that leads nowhere.
const broken = structuredClone(all.find(({ object }) => object.kind === "Deployment").object);
broken.spec.template.spec.containers[0].readynessProbe = {};
lines.push("// @ts-expect-error", `export const broken: ${imports.get("Deployment apps/v1")} = ${JSON.stringify(broken)};`);
// What of it is bent, and what is said then.
const first = (objects, kind, wanted) =>
  objects.find(({ object }) => object.kind === kind && (!wanted || object.metadata.name === wanted)).object;
const BENT = [
  ["selects nobody", (objects) => (first(objects, "Service").spec.selector["app.kubernetes.io/name"] = "nobody")],
  ["prometheus.io/scrape do not agree",
   (objects) => delete first(objects, "Deployment").spec.template.metadata.annotations],
  ...["intake-peers", "routing", "escalation", "notification"].map((peers) =>
    [`service '${peers}' is not headless`, (objects) => delete first(objects, "Service", peers).spec.clusterIP]),
  ["scales what has a number of its own", (objects) => (first(objects, "Deployment", "escalation").spec.replicas = 2)],
  ["no ConfigMap says BUCKSTOP_DUE", (objects) => delete first(objects, "ConfigMap", "settings").data.BUCKSTOP_DUE],
];
for (const [words, bend] of BENT) {
  const bent = structuredClone(all);
  bend(bent);
  if (!references(bent, OUTSIDE).some((said) => said.includes(words))) wrong.push(`it was not found: ${words}`);
}

const head = [...imports].map(([key, alias]) => {
  const [kind, path] = key.split(" ");
  return `import type { ${kind} as ${alias} } from "kubernetes-types/${path}";`;
});
writeFileSync(out, [...head, ...lines, ""].join("\n"));
console.log(`${lines.length / 2 - 1} objects${rendered ? ", as they lie there and as kustomize renders them" : ""}`);
if (wrong.length) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
