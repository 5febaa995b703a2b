"""`mock-rmm` and `python -m mock_rmm`."""

from mock_rmm.command import mock_rmm


def main() -> None:
    mock_rmm(prog_name="mock-rmm")


if __name__ == "__main__":
    main()
