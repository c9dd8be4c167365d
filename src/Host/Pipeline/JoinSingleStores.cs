using Conversations.Contracts;
using MediatR;
using Microsoft.Extensions.Options;

namespace Host.Pipeline;

// A single store is a bulk of one: joined, it is a part of a larger one.
internal sealed class JoinSingleStores(
    IRequestHandler<StoreMessages, StoreMessagesResult> handler,
    IOptions<CoalescingOptions> options,
    TimeProvider clock
) : IPipelineBehavior<StoreMessages, StoreMessagesResult>, IDisposable
{
    private readonly Coalescer<NewMessage, StoreMessagesResult> coalescer = new(
        messages => StoreAsync(handler, messages, options.Value.MaxLockWait),
        options.Value,
        clock
    );

    public Task<StoreMessagesResult> Handle(
        StoreMessages request,
        RequestHandlerDelegate<StoreMessagesResult> next,
        CancellationToken cancellationToken
    ) =>
        request is { Messages: [var single], MaxLockWait: null }
            ? coalescer.WriteAsync(single, next.Invoke, cancellationToken)
            : next(cancellationToken);

    public void Dispose() => coalescer.Dispose();

    private static async Task<Joined<StoreMessagesResult>> StoreAsync(
        IRequestHandler<StoreMessages, StoreMessagesResult> handler,
        IReadOnlyList<NewMessage> messages,
        TimeSpan maxLockWait
    )
    {
        var stored = await handler.Handle(
            new StoreMessages(messages) { MaxLockWait = maxLockWait },
            CancellationToken.None
        );
        if (stored.Refusal is { } refusal)
        {
            return new(null, refusal.Index);
        }

        var conversations = stored.Conversations.ToDictionary(c => c.Id, StringComparer.Ordinal);
        return new(
            [
                .. stored.Messages.Select(
                    (message, i) =>
                        new StoreMessagesResult(
                            null,
                            stored.New[i] ? 1 : 0,
                            stored.New[i] ? 0 : 1,
                            [message],
                            [stored.New[i]],
                            [conversations[message.ConversationId]]
                        )
                ),
            ],
            -1
        );
    }
}
