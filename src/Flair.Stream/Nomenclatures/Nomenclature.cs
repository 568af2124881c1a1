namespace Flair.Nomenclatures;

/// <summary>The classes a model tells apart, in the order of its logits. It travels with the model.</summary>
/// <param name="Name">E.g. <c>flair-19</c>.</param>
/// <param name="Classes">One a logit.</param>
public sealed partial record Nomenclature(string Name, IReadOnlyList<LandCoverClass> Classes);

/// <summary>One class.</summary>
/// <param name="Index">Its logit, from 0.</param>
/// <param name="Name">Its name.</param>
/// <param name="Color">Its colour as 0xRRGGBB.</param>
/// <param name="Active">False for a class that the model was not trained on and must never predict.</param>
public sealed record LandCoverClass(int Index, string Name, int Color, bool Active = true);
