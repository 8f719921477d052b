// For HEALTHCHECK: whether the process answers. Whether it is ready is another question, for those who send it work.
try {
  const answer = await fetch(`http://127.0.0.1:${process.env.PORT ?? 3000}/healthz`, {
    signal: AbortSignal.timeout(4_000),
  });
  process.exitCode = answer.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
