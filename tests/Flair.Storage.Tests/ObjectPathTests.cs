namespace Flair.Storage.Tests;

public sealed class ObjectPathTests
{
    [Theory]
    [InlineData("az://imagery/d033/a.tif", PlaceKind.Azure, "imagery", "d033/a.tif", "/vsiflair/az/imagery/d033/a.tif")]
    [InlineData("AZ://imagery/d033/", PlaceKind.Azure, "imagery", "d033", "/vsiflair/az/imagery/d033")]
    [InlineData("s3://bucket/k?e y.tif", PlaceKind.S3, "bucket", "k?e y.tif", "/vsis3/bucket/k?e y.tif")]
    [InlineData("az://box/*/?.tif", PlaceKind.Azure, "box", "*/?.tif", "/vsiflair/az/box/*/?.tif")]
    [InlineData("gs://bucket/x", PlaceKind.Google, "bucket", "x", "/vsigs/bucket/x")]
    [InlineData("https://host:8443/a/b.tif", PlaceKind.Web, "host:8443", "a/b.tif", "/vsiflair/https/host:8443/a/b.tif")]
    [InlineData("/data/a.tif", PlaceKind.Local, "", "/data/a.tif", "/data/a.tif")]
    [InlineData("a b.tif", PlaceKind.Local, "", "a b.tif", "a b.tif")]
    public void IsRead(string text, PlaceKind kind, string authority, string key, string gdal)
    {
        var path = ObjectPath.Parse(text);

        Assert.Equal((kind, authority, key, gdal), (path.Kind, path.Authority, path.Key, path.GdalPath));
        if (path.IsRemote && kind is PlaceKind.Azure or PlaceKind.Web)
            Assert.Equal(path, ObjectPath.FromGdalPath(gdal));
    }

    [Fact]
    public void JoinsAndGoesUp()
    {
        var folder = ObjectPath.Parse("az://box");

        Assert.Equal("az://box/tiles/a.tif", folder.Join("tiles").Join("a.tif").ToString());
        Assert.Equal("az://box/tiles", folder.Join("tiles/a.tif").Parent!.ToString());
        Assert.Equal("az://box", folder.Join("tiles").Parent!.ToString());
        Assert.Null(folder.Parent);
        Assert.Equal("/data/a.tif", ObjectPath.Parse("/data").Join("a.tif").ToString());
    }

    [Fact]
    public void NoQueryIsEverPrinted()
    {
        var signed = ObjectPath.Parse("az://signedbox/map?sv=2022&sig=S%2BECRET");

        Assert.Equal("az://signedbox/map", signed.ToString());
        Assert.DoesNotContain("ECRET", $"{signed.GdalPath} {signed.Name} {signed.Key}", StringComparison.Ordinal);
        Assert.Equal("sv=2022&sig=S%2BECRET", signed.Join("tiles/a.tif").Query);
        Assert.Equal("sv=2022&sig=S%2BECRET", ObjectPath.Parse(signed.ToString()).Query);
        Assert.Equal("", ObjectPath.Parse("az://signedbox/mapped").Query);

        // A newer signature takes the place of an older one; it is the same object.
        Assert.Equal("sig=NEWER", ObjectPath.Parse("az://signedbox/map?sig=NEWER").Query);
    }

    [Theory]
    [InlineData("ftp://host/secret-path", "ftp://")]
    [InlineData("az:///x", "a container")]
    [InlineData("az://box/../other", "'..'")]
    [InlineData("https://user:SECRET@host/x", "user or password")]
    public void WhatMakesNoSenseIsRefused(string text, string told)
    {
        var fault = Assert.Throws<StorageException>(() => ObjectPath.Parse(text));

        Assert.Contains(told, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoObjectsThatDifferByTheirQueryAreRefused()
    {
        ObjectPath.Parse("https://queries/get?id=1");

        Assert.Throws<StorageException>(() => ObjectPath.Parse("https://queries/get?id=2"));
    }
}
