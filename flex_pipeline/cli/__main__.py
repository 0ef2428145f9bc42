"""`python -m flex_pipeline.cli`: the same as `flex-pipeline`."""

from flex_pipeline.cli import main

if __name__ == "__main__":
    main()
