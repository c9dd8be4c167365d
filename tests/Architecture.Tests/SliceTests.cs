using Architecture.Tests.Planted;

namespace Architecture.Tests;

public sealed class SliceTests
{
    private static readonly Type[] Handlers = [typeof(PublicHandler), typeof(TwiceHandler), typeof(InputlessHandler)];

    private static readonly SourceFile Twice = new("Twice.cs", "internal sealed class TwiceHandler { }");

    [Fact]
    public void A_request_has_one_handler_and_a_validator_unless_it_carries_no_input()
    {
        Rule.Holds(
            Module.All.SelectMany(module =>
                SliceRules.Handlers(module.Contracts.GetTypes(), module.Assembly.GetTypes())
            )
        );
        Rule.Finds("Orphan needs one handler and has none.", SliceRules.Handlers([typeof(Orphan)], Handlers));
        Rule.Finds(
            "Twice needs one handler and has PublicHandler, TwiceHandler.",
            SliceRules.Handlers([typeof(Twice)], Handlers)
        );
        Rule.Finds(
            "PublicHandler handles Twice.",
            SliceRules.Handlers([typeof(Planted.Twice)], [typeof(PublicHandler)])
        );
        Rule.Finds("Twice carries input and has 0 validators.", SliceRules.Handlers([typeof(Planted.Twice)], Handlers));
        Rule.Holds(SliceRules.Handlers([typeof(Inputless)], Handlers));
    }

    [Fact]
    public void Handlers_and_validators_are_internal_and_sealed()
    {
        Rule.Holds(Module.All.SelectMany(module => SliceRules.Visibility(module.Assembly.GetTypes())));
        Rule.Finds("PublicHandler is public.", SliceRules.Visibility([typeof(PublicHandler)]));
    }

    [Fact]
    public void A_use_case_is_the_file_of_its_requests_name()
    {
        Rule.Holds(
            Module.All.SelectMany(module =>
                SliceRules.Files(
                    module.Contracts.GetTypes(),
                    SourceFile.Under(module.Features),
                    [.. SourceFile.Under($"{module.Folder}.Contracts").Select(file => file.Path)]
                )
            )
        );
        Rule.Finds("Features has no file Orphan.cs.", SliceRules.Files([typeof(Orphan)], [Twice], ["Orphan.cs"]));
        Rule.Finds("Twice is not declared in Twice.cs", SliceRules.Files([typeof(Planted.Twice)], [Twice], []));
        Rule.Finds(
            "TwiceValidator is in Other.cs. Move it to Twice.cs.",
            SliceRules.Files(
                [typeof(Planted.Twice)],
                [Twice, new("Other.cs", "internal sealed class TwiceValidator { }")],
                ["Twice.cs"]
            )
        );
    }

    [Fact]
    public void A_slice_names_no_other_slice()
    {
        Rule.Holds(Module.All.SelectMany(module => SliceRules.Independence(SourceFile.Under(module.Features))));
        Rule.Finds(
            "Other.cs names TwiceHandler of Twice.cs.",
            SliceRules.Independence([Twice, new("Other.cs", "var other = new TwiceHandler();")])
        );
    }

    [Fact]
    public void A_use_case_has_its_test_at_the_mirrored_path()
    {
        Rule.Holds(
            Module.All.SelectMany(module =>
                SliceRules.MirroredTests(
                    SourceFile.Under(module.Features),
                    SourceFile.Under(Path.Combine(module.Tests, "Features"))
                )
            )
        );
        Rule.Finds("Twice.cs has no test of its own.", SliceRules.MirroredTests([Twice], []));
        Rule.Finds(
            "Write the class TwiceTests in Features/TwiceTests.cs.",
            SliceRules.MirroredTests([Twice], [new("TwiceTests.cs", "class TwiceTests { }")])
        );
    }
}
