using Conversations.Contracts;
using Conversations.Data;
using Conversations.Messages;
using FluentValidation;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Conversations.Features;

internal sealed class MergeContextValidator : AbstractValidator<MergeContext>
{
    public MergeContextValidator(IOptions<ConversationsOptions> options)
    {
        RuleFor(request => request.ConversationId).Custom(MessageRules.IdRule);
        RuleFor(request => request.Patch)
            .Custom(
                (patch, context) =>
                {
                    if (MessageRules.Object(patch ?? default, options.Value.MaxJsonBytes) is { } wrong)
                    {
                        context.AddFailure("context", wrong);
                    }
                }
            );
    }
}

internal sealed class MergeContextHandler(
    [FromKeyedServices(ConversationsDbContext.Schema)] NpgsqlDataSource database,
    IOptions<ConversationsOptions> options
) : IRequestHandler<MergeContext, Conversation?>
{
    public async Task<Conversation?> Handle(MergeContext request, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.AddWithValue(request.ConversationId);
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, request.Patch!.Value.GetRawText());
        command.Parameters.AddWithValue(options.Value.MaxJsonBytes);

        return await command.ReadChangedAsync(cancellationToken) switch
        {
            null => null,
            { Changed: true } merged => merged.Conversation,
            _ => throw new ValidationException([
                new("context", $"Merged, it must be {options.Value.MaxJsonBytes} bytes of JSON or fewer."),
            ]),
        };
    }

    // PostgreSQL writes a space after each colon and comma, which its caller need not: those outside of strings do not count.
    private const string Spaces = """
        CASE WHEN octet_length(n.merged::text) <= $3 THEN 0
             ELSE regexp_count(regexp_replace(n.merged::text, '"(\\.|[^"\\])*"', '', 'g'), '[:,] ') END
        """;

    // The subquery waits for the row's lock and merges into its newest version.
    private const string Sql = $"""
        UPDATE conversations.conversations c
        SET context = CASE WHEN was.fits THEN was.merged ELSE c.context END
        FROM (
            SELECT n.id, n.merged, octet_length(n.merged::text) - {Spaces} <= $3 AS fits
            FROM (
                SELECT l.id, conversations.json_merge_patch(l.context, $2) AS merged
                FROM conversations.conversations l
                WHERE l.id = $1
                FOR NO KEY UPDATE
            ) n
        ) was
        WHERE c.id = was.id
        RETURNING {ConversationTable.Columns}, was.fits
        """;
}
