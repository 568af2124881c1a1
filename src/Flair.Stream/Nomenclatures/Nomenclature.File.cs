namespace Flair.Nomenclatures;

/// <content>Nomenclatures of the user's own.</content>
public sealed partial record Nomenclature
{
    /// <summary>A built-in nomenclature, or one from a YAML file: a list of <c>{ name, color: "#rrggbb", active }</c>, one a logit.</summary>
    /// <param name="nameOrPath">A built-in name (see <see cref="BuiltIn"/>) or a path; a name wins over a file without extension.</param>
    /// <exception cref="FlairException">It is neither, or the file is wrong; the message names file, line and column.</exception>
    public static Nomenclature Load(string nameOrPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(nameOrPath);
        var isPath = nameOrPath.Contains(Path.DirectorySeparatorChar) || Path.GetExtension(nameOrPath) is ".yaml" or ".yml" || File.Exists(nameOrPath);
        if (IsBuiltIn(nameOrPath) || !isPath)
            return BuiltIn(nameOrPath);
        try
        {
            return NomenclatureFile.Parse(BoundedFile.ReadAllText(nameOrPath), nameOrPath);
        }
        catch (FlairException error)
        {
            throw new FlairException(MessageText.OneLine(error.Message), error);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new FlairException($"{nameOrPath}: there is no such nomenclature file; correct model.classes", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FlairException($"{nameOrPath}: the nomenclature file cannot be read ({error.Message.TrimEnd('.')})", error);
        }
    }
}
