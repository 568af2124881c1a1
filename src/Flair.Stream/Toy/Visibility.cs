using System.Runtime.CompilerServices;

// The tests look at the landscape's pixels before they are compressed.
[assembly: InternalsVisibleTo("Flair.Stream.Tests")]
