require('./index.js').runAction('update-manifests')
