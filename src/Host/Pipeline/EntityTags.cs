using Microsoft.Net.Http.Headers;

namespace Host.Pipeline;

// What keeps two editors from undoing each other's work: every answer names what it shows, and a change may name what it was made from.
internal static class EntityTags
{
    public static void Name(HttpContext context, string tag) =>
        context.Response.GetTypedHeaders().ETag = new EntityTagHeaderValue($"\"{tag}\"");

    // 304 for who has it already.
    public static IResult Show<T>(HttpContext context, string tag, T shown)
    {
        Name(context, tag);
        var known = context.Response.GetTypedHeaders().ETag!;
        return
            context.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } seen
            && seen.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(known, useStrongComparison: false))
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : TypedResults.Ok(shown);
    }

    // Null: whatever is kept. A header that nobody can read must not let a change through. A weak tag matches nothing here.
    public static string[]? IfMatch(HttpContext context)
    {
        if (context.Request.Headers.IfMatch.Count == 0)
        {
            return null;
        }

        var tags = context.Request.GetTypedHeaders().IfMatch;
        return tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any))
            ? null
            : [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.ToString().Trim('"'))];
    }

    // The answer's own tag is that of what is kept.
    public static IResult NotMatched() =>
        TypedResults.Problem(
            "Something else is kept than If-Match names; the ETag of this answer is its.",
            statusCode: StatusCodes.Status412PreconditionFailed
        );
}
