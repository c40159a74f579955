using FunctionsGateway.ScriptedProvider;

var url = args is ["--urls", var given] ? given : "http://127.0.0.1:9200";
await using var server = await ScriptedProviderServer.StartAsync(url);
Console.WriteLine($"""
    A scripted provider at {server.Address}: it needs no key, and echoes the last user's message.
      OpenAI     base {server.Address}v1   chat/completions, completions, embeddings, responses, models
      Anthropic  base {server.Address}     v1/messages, v1/messages/count_tokens, v1/complete
      MLflow     base {server.Address}     invocations
    The model's name (or the header X-Script) is its script, words separated by commas:
      echo (or any other name)       status=429  retry-after=2       delay=200 (ms)   chunks=64  pace=10 (ms)
      stall=3  cut=3  cut-inside=3   malformed=3  error-event=3  end=3 (after so many events)
      tool  reflect                  times=1 (the first call only, then echo)
    Ctrl-C stops it.
    """);
await server.WaitForShutdownAsync();
