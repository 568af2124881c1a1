namespace Flair.Checkpoints.Pickling;

/// <summary>A pickled dict's values by name and kind. A value of another kind is an error that names it.</summary>
/// <param name="dict">The dict.</param>
/// <param name="tensors">Reads its tensors.</param>
internal sealed class PickleFields(PickleDict dict, TensorReader tensors)
{
    /// <summary>Its keys that are texts, in their order.</summary>
    public IEnumerable<string> Keys => dict.Items.Select(item => item.Key).OfType<string>();

    /// <summary>True where it has a value that is not None.</summary>
    public bool Has(string name) => dict.Find(name) is not null;

    public PickleFields Dict(string name) => dict.Find(name) is PickleDict value ? new(value, tensors) : throw Wrong(name, "dict");

    /// <summary>A list of dicts.</summary>
    public IReadOnlyList<PickleFields> List(string name) =>
        [.. Items(name).Select(item => item is PickleDict value ? new PickleFields(value, tensors) : throw Wrong(name, "list of dicts"))];

    public string? Text(string name) => dict.Find(name) switch
    {
        null => null,
        string text => text,
        _ => throw Wrong(name, "text"),
    };

    public long Integer(string name) => dict.Find(name) is long value ? value : throw Wrong(name, "whole number");

    /// <summary>A whole number from 0 to 2³¹ − 1.</summary>
    public int Count(string name) => Integer(name) is var value and >= 0 and <= int.MaxValue ? (int)value : throw Wrong(name, "count");

    /// <summary>A number, or a tensor of one.</summary>
    public double Number(string name) => ToNumber(name, dict.Find(name));

    public IReadOnlyList<double> Numbers(string name) => [.. Items(name).Select(item => ToNumber(name, item))];

    public IReadOnlyList<long> Integers(string name) => [.. Items(name).Select(item => item is long value ? value : throw Wrong(name, "list of whole numbers"))];

    private IReadOnlyList<object?> Items(string name) => dict.Find(name) as IReadOnlyList<object?> ?? throw Wrong(name, "list");

    private double ToNumber(string name, object? value) => value switch
    {
        double number => number,
        long number => number,
        PickledTensor tensor when tensor.Shape.All(side => side == 1) => TensorValues.Number(tensor.Type, tensors.Read(name, tensor).Data.Span),
        _ => throw Wrong(name, "number"),
    };

    private static InvalidDataException Wrong(string name, string kind) => new($"its {name} is not a {kind}");
}
