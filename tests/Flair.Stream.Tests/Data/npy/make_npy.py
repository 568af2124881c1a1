#!/usr/bin/env python3
"""Makes the arrays in this folder. Needs NumPy. Run it in this folder."""
import numpy

x = numpy.arange(24).reshape(2, 3, 4)
for kind in "f2 f4 f8 u1 i1 u2 i2 i4 u4 i8".split():
    numpy.save(kind, x.astype(kind))
numpy.save("fortran", numpy.asfortranarray(x.astype("f4")))
for version in (2, 3):
    with open(f"version{version}.npy", "wb") as file:
        numpy.lib.format.write_array(file, x.astype("f4"), version=(version, 0))
numpy.save("special", numpy.array([-1.5, numpy.nan, numpy.inf], "f8"))
numpy.save("signed", numpy.array([-128, 127], "i1"))
numpy.save("scalar", numpy.float32(3.25))
numpy.save("empty", numpy.zeros((0, 3), "f4"))
numpy.save("big", x.astype(">f4"))
numpy.save("complex", x.astype("c8"))
numpy.save("structured", numpy.zeros(2, [("a", "f4"), ("b", "i4")]))
numpy.save("object", numpy.array([None, 1], object))
with open("archive.npy", "wb") as file:
    numpy.savez(file, x=x)
