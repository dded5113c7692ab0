"""`python -m certmgr`."""

from certmgr.cli import main

if __name__ == "__main__":
    main()
