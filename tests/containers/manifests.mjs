// manifests.mjs FOLDER... - writes what Kubernetes manifests say as typed constants, for tsc --strict: an unknown field or a
// wrong type is an error, and so is a name that no generator of kustomization.yaml makes.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join, normalize } from "node:path";
import YAML from "yaml";

const [out, ...folders] = process.argv.slice(2);
const wrong = [], lines = [], imports = new Map();
let first = null;

const moduleOf = (version) => (version === "v1" ? "core/v1" : version.replace(/\.k8s\.io\//, "/"));
const named = (where, kind, name, names) => name && !names.has(name) && wrong.push(`${where}: no ${kind} '${name}' is made`);

function typed(where, object) {
  const alias = `${object.kind}_${imports.size}`;
  const key = `${object.kind} ${moduleOf(object.apiVersion)}`;
  if (!imports.has(key)) imports.set(key, alias);
  lines.push(`// ${where}`, `export const o${lines.length}: ${imports.get(key)} = ${JSON.stringify(object)};`);
  if (object.kind === "Deployment") first ??= { alias: imports.get(key), object };
}

function* objectsOf(value) {
  if (value === null || typeof value !== "object") return;
  yield value;
  for (const inner of Object.values(value)) yield* objectsOf(inner);
}

for (const folder of folders) {
  const kustomization = YAML.parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"), { strict: true });
  const files = readdirSync(folder).filter((name) => name.endsWith(".yaml") && !["kustomization.yaml", "policy.yaml"].includes(name));
  const listed = kustomization.resources.filter((name) => name.endsWith(".yaml"));
  if ([...files].sort().join() !== [...listed].sort().join()) wrong.push(`${folder}: lists ${listed}, holds ${files}`);
  for (const name of kustomization.resources.filter((name) => !name.endsWith(".yaml")))
    readFileSync(join(folder, normalize(name), "kustomization.yaml"));
  const maps = new Set((kustomization.configMapGenerator ?? []).map((one) => one.name));
  const secrets = new Set((kustomization.secretGenerator ?? []).map((one) => one.name));
  const keys = new Map((kustomization.secretGenerator ?? []).map((one) => [one.name, one.files.map((file) => basename(file))]));
  for (const file of files) {
    const where = join(folder, file);
    for (const document of YAML.parseAllDocuments(readFileSync(where, "utf8"), { strict: true, uniqueKeys: true })) {
      if (document.errors.length) throw new Error(`${where}: ${document.errors[0].message}`);
      const object = document.toJS();
      typed(where, object);
      for (const inner of objectsOf(object)) {
        named(where, "config map", inner.configMapRef?.name ?? inner.configMap?.name, maps);
        named(where, "secret", inner.secret?.secretName ?? inner.secret?.name, secrets);
        if (inner.secret?.name && !inner.secret.optional)
          for (const item of inner.secret.items ?? [])
            if (!keys.get(inner.secret.name)?.includes(item.key)) wrong.push(`${where}: ${inner.secret.name} has no ${item.key}`);
      }
    }
  }
}

// The check is checked: a field that nobody knows must be an error.
const broken = structuredClone(first.object);
broken.spec.template.spec.containers[0].readynessProbe = {};
lines.push("// @ts-expect-error", `export const broken: ${first.alias} = ${JSON.stringify(broken)};`);
const head = [...imports].map(([key, alias]) => {
  const [kind, path] = key.split(" ");
  return `import type { ${kind} as ${alias} } from "kubernetes-types/${path}";`;
});
writeFileSync(out, [...head, ...lines, ""].join("\n"));
console.log(`${lines.length / 2 - 1} objects`);
if (wrong.length) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
