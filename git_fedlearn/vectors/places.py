"""Where the search index lies, and the git config keys that say where the vector store is."""

from typing import Final

INDEX: Final = "index"
"""The folder of the index among what git-fedlearn keeps for itself under the git folder."""

URL_KEY: Final = "fedlearn.qdrantUrl"
FOLDER_KEY: Final = "fedlearn.qdrantFolder"
