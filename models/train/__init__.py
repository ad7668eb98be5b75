"""From a folder of clips and photos to a quantised restorer: ``python -m models.train --data DIR``."""
