using FluentValidation;
using MediatR;

namespace Architecture.Tests;

// One use case, one file.
internal static class SliceRules
{
    private static readonly Type[] Parts =
    [
        typeof(IRequestHandler<>),
        typeof(IRequestHandler<,>),
        typeof(IStreamRequestHandler<,>),
        typeof(INotificationHandler<>),
        typeof(IValidator<>),
    ];

    // Explaining the hot queries means to take the very commands of the slices that own them.
    private static readonly string[] Overviews = ["ExplainQueries"];

    public static IEnumerable<string> Handlers(IEnumerable<Type> contracts, IReadOnlyCollection<Type> module)
    {
        foreach (var request in Requests(contracts))
        {
            var handlers = Subjects(module).Where(part => part.Subject == request && IsHandler(part.Open)).ToArray();
            if (handlers.Length != 1)
            {
                var found = handlers.Length == 0 ? "none" : string.Join(", ", handlers.Select(part => part.Type.Name));
                yield return $"{request.Name} needs one handler and has {found}. Write {request.Name}Handler in Features/…/{request.Name}.cs, and no other.";
            }
            else if (handlers[0].Type.Name != $"{request.Name}Handler")
            {
                yield return $"{handlers[0].Type.Name} handles {request.Name}. Name it {request.Name}Handler.";
            }

            var validators = Subjects(module).Count(part => part.Subject == request && !IsHandler(part.Open));
            var input = request.GetProperties().Length > 0;
            if (validators != (input ? 1 : 0))
            {
                yield return input
                    ? $"{request.Name} carries input and has {validators} validators. Write {request.Name}Validator beside its handler, and no other."
                    : $"{request.Name} carries no input and has a validator. Delete it.";
            }
        }
    }

    public static IEnumerable<string> Visibility(IReadOnlyCollection<Type> module) =>
        from part in Subjects(module).Selected("handlers and validators")
        where part.Type.IsVisible || !part.Type.IsSealed
        select $"{part.Type} is {(part.Type.IsVisible ? "public" : "open to inheritance")}. Make it internal sealed: it is reached through its request.";

    public static IEnumerable<string> Files(
        IEnumerable<Type> contracts,
        IReadOnlyCollection<SourceFile> features,
        IReadOnlyCollection<string> contractFiles
    )
    {
        foreach (var request in Requests(contracts).Select(request => request.Name))
        {
            if (!contractFiles.Contains($"{request}.cs"))
            {
                yield return $"{request} is not declared in {request}.cs of the Contracts. Give it a file of its name.";
            }

            var file = features.SingleOrDefault(file => file.Name == request);
            if (file is null)
            {
                yield return $"Features has no file {request}.cs. Put the request's validator, handler and SQL there.";
                continue;
            }

            foreach (var type in features.SelectMany(other => other.DeclaredTypes.Select(type => (other, type))))
            {
                if (type.other != file && (type.type == $"{request}Handler" || type.type == $"{request}Validator"))
                {
                    yield return $"{type.type} is in {type.other.Path}. Move it to {file.Path}.";
                }
            }
        }
    }

    public static IEnumerable<string> Independence(IReadOnlyCollection<SourceFile> features) =>
        from file in features.Selected("slices")
        where !Overviews.Contains(file.Name)
        from other in features
        where other != file
        from type in other.DeclaredTypes
        where file.Mentions(type) && !file.DeclaredTypes.Contains(type)
        select $"{file.Path} names {type} of {other.Path}. Send a request instead, or move what both need to a folder beside Features that is named for it.";

    public static IEnumerable<string> MirroredTests(
        IReadOnlyCollection<SourceFile> features,
        IReadOnlyCollection<SourceFile> tests
    ) =>
        from file in features.Selected("slices")
        let mirrored = Path.ChangeExtension(file.Path, null) + "Tests.cs"
        let test = tests.FirstOrDefault(test => test.Path == mirrored)
        where test is null || !test.Mentions("Assert") || !test.DeclaredTypes.Contains($"{file.Name}Tests")
        select $"{file.Path} has no test of its own. Write the class {file.Name}Tests in Features/{mirrored}.";

    private static IReadOnlyCollection<Type> Requests(IEnumerable<Type> contracts) =>
        contracts.Where(type => typeof(IBaseRequest).IsAssignableFrom(type) && !type.IsAbstract).Selected("requests");

    private static IEnumerable<(Type Type, Type Open, Type Subject)> Subjects(IEnumerable<Type> types) =>
        from type in types
        where !type.IsAbstract
        from service in type.GetInterfaces()
        where service.IsGenericType && Parts.Contains(service.GetGenericTypeDefinition())
        select (type, service.GetGenericTypeDefinition(), service.GetGenericArguments()[0]);

    private static bool IsHandler(Type open) => open != typeof(IValidator<>);
}
