using System.ComponentModel;
using System.Xml.Linq;

namespace Architecture.Tests;

public sealed class SurfaceTests
{
    [Fact]
    public void A_module_exports_its_door_and_its_options_alone()
    {
        Rule.Holds(Module.All.SelectMany(module => SurfaceRules.Doors(module.Name, module.Assembly.GetTypes())));
        Rule.Finds("PublicHandler is public.", SurfaceRules.Doors("Planted", [typeof(Planted.PublicHandler)]));
    }

    [Fact]
    public void Contracts_are_sealed_immutable_records()
    {
        Rule.Holds(Module.All.SelectMany(module => SurfaceRules.Contracts(module.Contracts.GetTypes())));
        Rule.Finds("Open can be inherited.", SurfaceRules.Contracts([typeof(Planted.Open)]));
        Rule.Finds("Mutable.Value can be set", SurfaceRules.Contracts([typeof(Planted.Mutable)]));
        Rule.Finds("Plain is no record.", SurfaceRules.Contracts([typeof(Planted.Plain)]));
    }

    [Fact]
    public void Contracts_are_documented_to_the_last_member()
    {
        Rule.Holds(
            Module.All.SelectMany(module =>
                SurfaceRules.Documentation(
                    module.Contracts.GetTypes(),
                    XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{module.Name}.Contracts.xml"))
                )
            )
        );
        var silent = XDocument.Parse("<doc><members/></doc>");
        Rule.Finds("Mutable has no summary.", SurfaceRules.Documentation([typeof(Planted.Mutable)], silent));
        Rule.Finds("Mutable.Value is not documented.", SurfaceRules.Documentation([typeof(Planted.Mutable)], silent));
        Rule.Finds("ListSortDirection.Ascending", SurfaceRules.Documentation([typeof(ListSortDirection)], silent));
    }
}
