using Flair.Checkpoints.Pickling;

namespace Flair.Checkpoints;

/// <summary>Finds the model's tensors in what a checkpoint holds: a state dict, or one in a dict with a training's other state.</summary>
internal static class StateDictSelection
{
    private static readonly string[] Wrappers = ["state_dict", "model_state_dict", "model"];

    /// <summary>Names and descriptions of the tensors in their order.</summary>
    /// <exception cref="FlairException">There is no state dict, or it holds what is no tensor.</exception>
    public static IReadOnlyList<KeyValuePair<string, PickledTensor>> Select(object? root)
    {
        var dict = AsDict(root);
        for (var depth = 0; depth < Wrappers.Length; depth++)
        {
            if (Wrappers.Select(dict.Find).OfType<PickleDict>().FirstOrDefault() is not { } inner)
                break;
            dict = AsDict(inner);
        }

        var tensors = new OrderedDictionary<string, PickledTensor>(StringComparer.Ordinal);
        foreach (var (key, value) in dict.Items)
        {
            if (key is string name && value is PickledTensor tensor)
                tensors[name] = tensor;
            else if (key is string text && value is PickleOpaque { ClassName: var type } && type.StartsWith("torch", StringComparison.Ordinal) && type != "torch.device")
                throw new FlairException($"{text} is a {type}, which is not read; save it as a plain dense tensor");
        }

        if (tensors.Count > 0)
            return [.. tensors];
        var keys = dict.Items.Select(item => item.Key).OfType<string>().Take(6).ToArray();
        throw new FlairException(keys.Length == 0
            ? "it holds no tensors; save model.state_dict() with torch.save"
            : $"it holds no tensors, only {string.Join(", ", keys)}; save model.state_dict() with torch.save");
    }

    private static PickleDict AsDict(object? value) => value switch
    {
        PickleOpaque opaque when !opaque.Items.Any() =>
            throw new FlairException($"it holds a whole object ({opaque.ClassName}), which only its own Python code can load; there, torch.save(model.state_dict(), …)"),
        PickleDict dict => dict,
        _ => throw new FlairException("it holds no dict of tensors; save model.state_dict() with torch.save"),
    };
}
