"""Modules that what the functions use imports, and nothing that they do ever calls.

Left out, they would make the import fail; left in, they make every cold start longer. So the bundle
has hollow ones in their place: any name can be imported from one, and is a class that does nothing.
`make test-bundle` runs the functions' tests with them.
"""

import shutil
from pathlib import Path

# Packages in which nothing is called, and what of them is imported. Their other modules are left
# out.
_PACKAGES = {
    # Texts for `help()`, which a client's methods are given.
    "botocore/docs": ("__init__", "docstring"),
    # Only clients are made. A session makes the factory, and nobody asks it for anything.
    "boto3/resources": ("__init__", "factory"),
    # Uploads to S3. boto3 looks at its version of TransferConfig.
    "s3transfer": ("__init__", "manager"),
}
# A module that stays as it is, in one of these.
_KEPT = {
    "botocore/docs": ("utils",),  # what hides a parameter from the texts; made at the import
}
# Modules of packages that are used. Numbers are read as a whole, not typed in, found in texts, or
# dialled short.
_MODULES = (
    "phonenumbers/asyoutypeformatter",
    "phonenumbers/phonenumbermatcher",
    "phonenumbers/shortnumberinfo",
)

_HOLLOW = '''"""Left out: what imports this is used, but nothing in it. See infra/hollow.py."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return type(name, (), {"__init__": lambda self, *_, **__: None, "__module__": __name__})
'''


def hollow_out(folder: Path) -> None:
    """Put hollow modules into the place of those that are never called.

    Args:
        folder: where the dependencies are installed, without bytecode.

    Raises:
        FileNotFoundError: a module is not there, so that a new release must be looked at.

    """
    for package, hollow in _PACKAGES.items():
        stay = {f"{name}.py" for name in (*hollow, *_KEPT.get(package, ()))}
        for path in (folder / package).iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in stay:
                path.unlink()
        for name in hollow:
            _hollow(folder / package / f"{name}.py")
    for module in _MODULES:
        _hollow(folder / f"{module}.py")


def _hollow(module: Path) -> None:
    if not module.exists():
        raise FileNotFoundError(f"{module.name} is not in {module.parent.name} any more.")
    module.write_text(_HOLLOW)
