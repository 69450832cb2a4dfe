exec /demo/app --listen :8080
