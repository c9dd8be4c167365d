using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Host.Access;
using Host.OpenApi;
using Microsoft.AspNetCore.Mvc;

namespace Host.Idempotency;

// A POST that carries an Idempotency-Key is answered once; its repetition gets the same answer. Without the header nothing is done here.
internal sealed class IdempotencyKeys(
    RequestDelegate next,
    StoredAnswers answers,
    IProblemDetailsService problems,
    TimeProvider clock
)
{
    public const string Header = "Idempotency-Key";
    public const string Replayed = "Idempotency-Replayed";
    private const int MaxLength = 255;
    private const int SmallBody = 65_536;

    public async Task InvokeAsync(HttpContext context)
    {
        if (
            !HttpMethods.IsPost(context.Request.Method)
            || !context.Request.Headers.TryGetValue(Header, out var header)
            || context.GetEndpoint()?.Metadata.GetMetadata<Call>() is null
            || Caller.Of(context) is not { } caller
        )
        {
            await next(context);
            return;
        }

        if (header is not [{ Length: > 0 and <= MaxLength } text])
        {
            await RefuseAsync(
                context,
                new HttpValidationProblemDetails(
                    new Dictionary<string, string[]> { [Header] = [$"It must be 1 to {MaxLength} characters, once."] }
                )
                {
                    Status = StatusCodes.Status400BadRequest,
                }
            );
            return;
        }

        var secret = Encoding.UTF8.GetBytes($"{caller}\n{text}");
        var key = SHA256.HashData(secret);
        var request = await HashAsync(context.Request);
        switch (await answers.TakeAsync(key, request, clock.GetUtcNow(), context.RequestAborted))
        {
            case null:
                await AnswerAsync(context, key, secret);
                break;
            case { } stored when !stored.Request.AsSpan().SequenceEqual(request):
                await RefuseAsync(
                    context,
                    new()
                    {
                        Status = StatusCodes.Status422UnprocessableEntity,
                        Detail = "This Idempotency-Key was used with another request.",
                    }
                );
                break;
            case { Answer: { } answer }:
                await ReplayAsync(context, Sealed.Open(answer, secret));
                break;
            default:
                context.Response.Headers.RetryAfter = "1";
                await RefuseAsync(
                    context,
                    new()
                    {
                        Status = StatusCodes.Status409Conflict,
                        Detail = "A request with this Idempotency-Key is being answered right now.",
                    }
                );
                break;
        }
    }

    // What failed here, or was not let through, may be tried again under the same key.
    private async Task AnswerAsync(HttpContext context, byte[] key, byte[] secret)
    {
        var body = context.Response.Body;
        using var kept = new MemoryStream();
        context.Response.Body = kept;
        var done = false;
        try
        {
            await next(context);
            done = context.Response.StatusCode < 500;
        }
        finally
        {
            context.Response.Body = body;
            if (!done)
            {
                await answers.GiveBackAsync(key, CancellationToken.None);
            }
        }

        if (done)
        {
            var answer = new Answer(
                context.Response.StatusCode,
                context.Response.ContentType,
                context.Response.Headers.Location,
                kept.ToArray()
            );
            await answers.KeepAsync(
                key,
                Sealed.Close(JsonSerializer.SerializeToUtf8Bytes(answer), secret),
                await MentionedAsync(context, answer.Body),
                CancellationToken.None
            );
        }

        kept.Position = 0;
        await kept.CopyToAsync(body, context.RequestAborted);
    }

    private static async Task ReplayAsync(HttpContext context, byte[] stored)
    {
        var answer = JsonSerializer.Deserialize<Answer>(stored)!;
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        context.Response.Headers.Location = answer.Location;
        context.Response.Headers[Replayed] = "true";
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
    }

    private async Task RefuseAsync(HttpContext context, ProblemDetails problem)
    {
        context.Response.StatusCode = problem.Status!.Value;
        await problems.WriteAsync(new() { HttpContext = context, ProblemDetails = problem });
    }

    // Kept in memory, since what is buffered on a disk stays there.
    private static async Task<byte[]> HashAsync(HttpRequest request)
    {
        request.EnableBuffering(int.MaxValue);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Path}{request.QueryString}\n"));
        var buffer = new byte[81_920];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, request.HttpContext.RequestAborted)) > 0)
        {
            hash.AppendData(buffer, 0, read);
        }

        request.Body.Position = 0;
        return hash.GetHashAndReset();
    }

    // Whom and which conversation the answer is about. One that says nothing of its request's customers, as that of a batch of messages, is about
    // nobody; a preview's is about the one it was asked for.
    private static async Task<HashSet<string>> MentionedAsync(HttpContext context, byte[] answer)
    {
        var mentioned = Mentioned.In(answer);
        mentioned.UnionWith(
            Mentioned.Fields.Select(field => context.Request.RouteValues.GetValueOrDefault(field)).OfType<string>()
        );
        if (context.Request.Body.Length <= SmallBody)
        {
            using var request = new MemoryStream();
            context.Request.Body.Position = 0;
            await context.Request.Body.CopyToAsync(request);
            mentioned.UnionWith(Mentioned.In(request.ToArray()));
        }

        return mentioned;
    }

    private sealed record Answer(int Status, string? ContentType, string? Location, byte[] Body);
}
