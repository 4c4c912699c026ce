// references.mjs - does what one manifest says of another hold? Names of config maps, secrets and their keys, volumes, ports,
// labels and selectors, addresses in arguments and settings. Given objects as kustomize renders them; returns what does not.

const METHODS = ["livenessProbe", "readinessProbe", "startupProbe"];
const LINKS = ["SUBMIT", "ROUTE", "DUE", "OUTBOX", "STREAM"].map((link) => "BUCKSTOP_" + link); // ZeroMQ's: to every replica
const matches = (selector, labels) => Object.entries(selector).every(([key, value]) => labels[key] === value);
const name = (object) => object.metadata.name;

// Everything with pods: their labels, containers, volumes.
function podsOf(objects) {
  return objects
    .filter(({ object }) => object.spec?.template?.spec)
    .map(({ where, object }) => ({
      where, object,
      labels: object.spec.template.metadata?.labels ?? {},
      spec: object.spec.template.spec,
      ports: object.spec.template.spec.containers.flatMap((container) => container.ports ?? []),
    }));
}

export function references(objects, outside) {
  const wrong = [];
  const claim = (where, holds, words) => holds || wrong.push(`${where}: ${words}`);
  const of = (kind) => objects.filter(({ object }) => object.kind === kind);
  const find = (kind, wanted) => of(kind).find(({ object }) => name(object) === wanted)?.object;
  const pods = podsOf(objects);
  const selected = (selector) => pods.filter(({ labels }) => matches(selector, labels));
  const keysOf = (object) => Object.keys({ ...object?.data, ...object?.binaryData, ...object?.stringData });

  // What a volume holds: path below its mount -> there or not; null where that is not for manifests to say.
  function filesOf(where, volume) {
    const source = (kind, wanted, about) => {
      const object = find(kind, wanted);
      claim(where, object || about.optional, `no ${kind} '${wanted}' is made`);
      const items = about.items ?? keysOf(object).map((key) => ({ key, path: key }));
      for (const { key } of items) claim(where, about.optional || keysOf(object).includes(key), `${kind} '${wanted}' has no '${key}'`);
      return items.map(({ path }) => path);
    };
    const one = (part) =>
      part.secret ? source("Secret", part.secret.secretName ?? part.secret.name, part.secret)
      : part.configMap ? source("ConfigMap", part.configMap.name, part.configMap)
      : null;
    return volume.projected ? volume.projected.sources.flatMap(one) : one(volume);
  }

  // NAME:PORT without a dot: a service here, and what it leads to listens.
  function address(where, text) {
    for (const [, host, port] of text.matchAll(/(?:^|[\/=,@])([a-z][a-z0-9-]*):(\d+)(?=$|[\/,])/g)) {
      if (outside.includes(host) && !find("Service", host)) continue;
      const service = find("Service", host);
      claim(where, service, `'${host}:${port}': there is no service '${host}'`);
      if (!service) continue;
      const headless = service.spec.clusterIP === "None"; // its name stands for the pods, with every port they have
      const open = headless ? selected(service.spec.selector).flatMap(({ ports }) => ports.map((one) => one.containerPort))
                            : service.spec.ports.map((one) => one.port);
      claim(where, open.includes(+port), `'${host}:${port}': service '${host}' has ${open.join()}`);
    }
  }

  // A hint goes to every replica: a name with one address of its own would lead each connection to one of them.
  for (const link of LINKS) {
    const hosts = of("ConfigMap").flatMap(({ object }) => [...(object.data?.[link] ?? "").matchAll(/tcp:\/\/([^:]+):/g)]);
    claim("settings", hosts.length, `no ConfigMap says ${link}`);
    for (const [, host] of hosts)
      claim("settings", find("Service", host)?.spec.clusterIP === "None", `${link}: service '${host}' is not headless`);
  }

  for (const { where, object, labels, spec, ports } of pods) {
    claim(where, object.kind === "Job" || matches(object.spec.selector.matchLabels, labels), `its selector is not of its own pods`);
    for (const spread of spec.topologySpreadConstraints ?? [])
      claim(where, matches(spread.labelSelector.matchLabels, labels), "it spreads others' pods");
    // Who serves metrics says so where Prometheus looks, and at that port.
    const told = object.spec.template.metadata?.annotations ?? {};
    const health = ports.find((one) => one.name === "health");
    claim(where, (told["prometheus.io/scrape"] === "true") === Boolean(health), "its metrics and prometheus.io/scrape do not agree");
    claim(where, !health || told["prometheus.io/port"] === String(health.containerPort), "prometheus.io/port is not that of its health");
    claim(where, !health || told["prometheus.io/path"] === "/metrics", "prometheus.io/path is not /metrics");
    if (object.kind === "StatefulSet") claim(where, find("Service", object.spec.serviceName), `no service '${object.spec.serviceName}'`);
    const volumes = new Map();
    for (const volume of spec.volumes ?? []) {
      volumes.set(volume.name, filesOf(where, volume));
      const claimed = volume.persistentVolumeClaim?.claimName;
      claim(where, !claimed || find("PersistentVolumeClaim", claimed), `no claim '${claimed}' is made`);
    }
    for (const volume of object.spec.volumeClaimTemplates ?? []) volumes.set(name(volume), null);
    const used = new Set();
    for (const container of spec.containers) {
      const words = [...(container.command ?? []), ...(container.args ?? [])];
      const settings = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
        const map = find("ConfigMap", configMapRef.name);
        claim(where, map, `no ConfigMap '${configMapRef.name}' is made`);
        return Object.values(map?.data ?? {});
      });
      for (const method of METHODS) {
        const port = (container[method]?.httpGet ?? container[method]?.tcpSocket)?.port;
        claim(where, port === undefined || ports.some((one) => one.name === port), `${method} asks port '${port}', which it has not`);
      }
      for (const word of words)
        for (const [, port] of word.matchAll(/0\.0\.0\.0:(\d+)/g))
          claim(where, ports.some((one) => one.containerPort === +port), `it listens at ${port}, which is no port of the container`);
      for (const text of [...words, ...settings]) address(where, text);
      for (const mount of container.volumeMounts ?? []) {
        used.add(mount.name);
        claim(where, volumes.has(mount.name), `no volume '${mount.name}'`);
        const files = volumes.get(mount.name);
        for (const text of files ? [...words, ...settings] : []) {
          const path = text.slice(text.lastIndexOf("=") + 1);
          if (path.startsWith(mount.mountPath + "/"))
            claim(where, files.includes(path.slice(mount.mountPath.length + 1)), `'${path}' is not in volume '${mount.name}': ${files.join()}`);
        }
      }
    }
    for (const volume of volumes.keys()) claim(where, used.has(volume), `volume '${volume}' is used by nobody`);
  }

  for (const { where, object } of of("Service")) {
    const those = selected(object.spec.selector);
    claim(where, those.length, `service '${name(object)}' selects nobody`);
    for (const { port, targetPort = port } of object.spec.ports)
      claim(where, those.every(({ ports }) => ports.some((one) => one.name === targetPort || one.containerPort === targetPort)),
            `service '${name(object)}': port ${targetPort} is none of its pods'`);
  }
  for (const { where, object } of of("PodDisruptionBudget"))
    claim(where, selected(object.spec.selector.matchLabels).length, `budget '${name(object)}' selects nobody`);
  for (const { where, object } of of("HorizontalPodAutoscaler")) {
    const scaled = find(object.spec.scaleTargetRef.kind, object.spec.scaleTargetRef.name);
    claim(where, scaled, `'${name(object)}' scales what is not there`);
    claim(where, scaled?.spec.replicas === undefined, `'${name(object)}' scales what has a number of its own: an apply would undo it`);
  }
  for (const { where, object } of of("NetworkPolicy")) {
    const those = selected(object.spec.podSelector.matchLabels);
    claim(where, those.length, `policy '${name(object)}' selects nobody`);
    for (const rule of object.spec.ingress ?? []) {
      for (const { port } of rule.ports ?? [])
        claim(where, those.some(({ ports }) => ports.some((one) => one.containerPort === port)), `policy '${name(object)}': nobody listens at ${port}`);
    }
    for (const peer of [...(object.spec.ingress ?? []), ...(object.spec.egress ?? [])].flatMap((rule) => rule.from ?? rule.to ?? [])) {
      const labels = peer.podSelector?.matchLabels;
      claim(where, !labels || selected(labels).length || outside.includes(labels["app.kubernetes.io/name"]),
            `policy '${name(object)}': there is no ${JSON.stringify(labels)}`);
    }
  }
  return wrong;
}
