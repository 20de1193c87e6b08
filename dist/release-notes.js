require('./index.js').runAction('release-notes')
